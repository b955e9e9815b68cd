{#- The validated energy of an hour and where it comes from, in order of trust. -#}
{%- macro validated_energy() -%}
    case
        when is_as_read then kwh
        when not is_expected then null
        when supplied_share = 0 then 0
        else cast(coalesce(bridged_kwh, usual_kwh * supplied_share) as decimal(18, 3))
    end as validated_kwh,
    case
        when is_as_read then 'as_read'
        when not is_expected then 'none'
        when bridged_kwh is not null then 'interpolated'
        when supplied_share = 0 or usual_kwh is not null then 'profile_estimate'
        else 'none'
    end as validation_method
{%- endmacro -%}
