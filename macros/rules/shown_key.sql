{#- The key of a rejected row as a mart may carry it. A row that has lost a field has a name, a street or an address in
    its place: what looks like none of ours is told by its length. A reading's key has blanks before its day and time. -#}
{%- macro shown_key(key) -%}
    case
        when
            {{ key }} like '%@%' or {{ key }} like '+%' or length({{ key }}) > 64
            or ({{ key }} like '% %' and source_table != 'raw_metering.readings')
            or {{ key }} like '% % % %'
            then 'text of ' || cast(length({{ key }}) as {{ dbt.type_string() }}) || ' characters'
        else {{ key }}
    end
{%- endmacro -%}
